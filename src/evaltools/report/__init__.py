"""The reports: chapters as plain data, prose with bound numbers, and the writers."""

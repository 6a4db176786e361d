"""evaltools: third-party evaluation of poverty alleviation."""

"""The chapters of a city's report: found → how sure → which clause → where worst → what to do; every number bound."""

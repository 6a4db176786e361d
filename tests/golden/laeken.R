# Numbers of R's laeken package for the golden tests: Rscript laeken.R writes laeken.csv.
suppressMessages({library(laeken); library(survey)})
data(eusilc)
out <- list()
put <- function(case, name, value)
  out[[length(out) + 1]] <<- data.frame(case = case, name = name, value = sprintf("%.17g", as.numeric(value)))
regions <- sort(levels(eusilc$db040))
for (kind in c("arpr", "rmpg", "qsr", "gini")) {
  f <- get(kind)
  x <- f("eqIncome", weights = "rb050", breakdown = "db040", data = eusilc)
  put(kind, "value", x$value)
  b <- x$valueByStratum
  for (r in regions) put(kind, r, b$value[b$stratum == r])
  v <- variance("eqIncome", weights = "rb050", design = "db040", cluster = "db030", data = eusilc, indicator = f("eqIncome", weights = "rb050", data = eusilc),
                bootType = "naive", R = if (kind == "rmpg") 1500 else 400, seed = 1)
  put(kind, "bootstrap_var", v$var)
}
put("arpt", "value", arpt("eqIncome", weights = "rb050", data = eusilc))
for (p in c(0.4, 0.5, 0.7)) put("arpr", paste0("p", p), arpr("eqIncome", weights = "rb050", data = eusilc, p = p)$value)
put("quantile", "q0.2", weightedQuantile(eusilc$eqIncome, eusilc$rb050, 0.2))
write.csv(do.call(rbind, out), "laeken.csv", row.names = FALSE, quote = FALSE)

# Numbers of R for what the shipped designs do not reach: Rscript edge.R writes edge.csv (case, name, value; 17 digits).
suppressMessages({library(survey); library(laeken)})
data(api); data(nhanes)
out <- list()
put <- function(case, name, value)
  out[[length(out) + 1]] <<- data.frame(case = case, name = name, value = sprintf("%.17g", as.numeric(value)))
several <- function(case, name, values) for (i in seq_along(values)) put(case, paste0(name, "[", i - 1, "]"), values[i])

# Strata of one PSU joined with a neighbour: R is given the joined strata. PSU codes start anew in each stratum; "c" was taken
# whole and is joined with nothing.
small <- data.frame(stratum = c("a", "a", "b", "b", "b", "b", "c", "c", "d", "d", "d", "d"), psu = c(1, 1, 1, 1, 2, 2, 1, 1, 1, 1, 2, 2),
                    n = c(5, 5, 6, 6, 6, 6, 1, 1, 7, 7, 7, 7), w = c(5, 4, 3, 3, 2, 3, 1, 1, 3.5, 3, 4, 3),
                    y = c(3, 5, 8, 1, 9, 4, 2, 6, 7, 7, 3, 1), g = c("u", "v", "u", "u", "v", "v", "u", "v", "v", "u", "u", "v"))
joined <- transform(small, h = ifelse(stratum %in% c("a", "b"), "ab", stratum), id = paste(stratum, psu), n = ifelse(stratum %in% c("a", "b"), 11, n))
for (with_fpc in c(FALSE, TRUE)) {
  data <- if (with_fpc) joined else subset(joined, stratum != "c")
  d <- svydesign(id = ~id, strata = ~h, weights = ~w, fpc = if (with_fpc) ~n else NULL, data = data)
  case <- paste0("collapse/", with_fpc)
  put(case, "mean_se", SE(svymean(~y, d))); put(case, "total_se", SE(svytotal(~y, d))); put(case, "df", degf(d))
  several(case, "by_se", SE(svyby(~y, ~g, d, svymean)))
}

# Replicates: df without the rows that have no value; a stratum taken whole has none, though it has one PSU only
holes <- transform(subset(apiclus1, dnum %in% unique(dnum)[1:8]), some = ifelse(dnum == dnum[1] | stype == "H", NA, api00))
for (type in c("JK1", "JKn")) {
  base <- svydesign(id = ~dnum, weights = ~pw, data = holes, strata = if (type == "JKn") ~I(dnum %% 2) else NULL)
  d <- subset(as.svrepdesign(base, type = type), !is.na(some)); case <- paste0("holes/", type)
  x <- svymean(~some, d); put(case, "mean_se", SE(x)); put(case, "df", degf(d))
  q <- svyquantile(~some, d, .5, interval.type = "mean")[[1]]; several(case, "median", q[1, ])
}
whole <- svydesign(id = ~psu, strata = ~stratum, weights = ~w, fpc = ~n, data = subset(small, stratum != "a"), nest = TRUE)
d <- as.svrepdesign(whole, type = "JKn")
put("whole", "mean_se", SE(svymean(~y, d))); put("whole", "total_se", SE(svytotal(~y, d))); put("whole", "df", degf(d))
several("whole", "by_se", SE(svyby(~y, ~g, d, svymean)))

# A calibrated total of a variable far from zero
far <- transform(apiclus1, far = api00 + 1e6)
totals <- c(`(Intercept)` = 6194, stypeH = 755, stypeM = 1018, api99 = 3914069)
k <- calibrate(svydesign(id = ~dnum, weights = ~pw, data = far), ~stype + api99, totals, epsilon = 1e-12)
put("far", "total_se", SE(svytotal(~far, k))); put("far", "mean_se", SE(svymean(~far, k)))

# Three stages, fractions of each of them, and calibrated quantiles
set.seed(3)
three <- expand.grid(c = 1:3, b = 1:3, a = 1:4)
three <- transform(three, fa = 9, fb = 3 + a, fc = 4 + b, w = (1 + a) * (2 + b), y = round(exp(rnorm(36, 3, 1)), 4), x = runif(36, 1, 2),
                   g = rep(c("p", "q"), 18), k = rep(c("m", "m", "n"), 12))
write.csv(three, gzfile("data/three.csv.gz"), row.names = FALSE)
t3 <- svydesign(id = ~a + b + c, fpc = ~fa + fb + fc, weights = ~w, data = three)
put("three", "mean_se", SE(svymean(~y, t3))); put("three", "total_se", SE(svytotal(~y, t3))); put("three", "ratio_se", SE(svyratio(~y, ~x, t3)))
several("three", "by_se", SE(svyby(~y, ~g, t3, svymean)))
sizes <- data.frame(k = c("m", "n"), Freq = c(250, 180))
p3 <- postStratify(t3, ~k, sizes)
put("three", "post_mean_se", SE(svymean(~y, p3))); several("three", "post_by_se", SE(svyby(~y, ~g, p3, svytotal)))
for (rule in c("math", "school", "hf7")) several("three", paste0("post_", rule), svyquantile(~y, p3, .4, qrule = rule)[[1]][1, ])

# laeken, where F(x) is 1/2 exactly, with incomes below zero and with ties
lumpy <- data.frame(y = c(1, 2, 2, 3, 4, 4, 5, 8, 9, 10, -2, 14), w = c(1, 2, 1, 1, 3, 1, 2, 1, 1, 1, 1, 1), g = rep(c("A", "B"), 6))
for (kind in c("arpr", "rmpg", "qsr", "gini")) {
  x <- get(kind)("y", weights = "w", breakdown = "g", data = lumpy); put("lumpy", kind, x$value); several("lumpy", paste0(kind, "_by"), x$valueByStratum$value)
}
put("lumpy", "arpt", arpt("y", weights = "w", data = lumpy)); put("lumpy", "arpt10", arpt(1:10))
put("lumpy", "qsr10", qsr(1:10)$value); put("lumpy", "rmpg20", rmpg(c(1:4, 20:35))$value)
write.csv(do.call(rbind, out), "edge.csv", row.names = FALSE, quote = FALSE)

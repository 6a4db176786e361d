# Numbers of R's survey package for the golden tests: Rscript survey.R writes survey.csv (case, name, value; 17 digits).
suppressMessages(library(survey))
data(api); data(scd); data(nhanes); data(mu284); data(fpc)
options(digits = 17)
out <- list()
put <- function(case, name, value)
  out[[length(out) + 1]] <<- data.frame(case = case, name = name, value = sprintf("%.17g", as.numeric(value)))
several <- function(case, name, values) for (i in seq_along(values)) put(case, paste0(name, "[", i - 1, "]"), values[i])

describe <- function(case, x, design) {          # a svystat: estimates, covariance, df, t interval, both deffs
  several(case, "estimate", coef(x)); several(case, "cov", as.vector(vcov(x)))
  put(case, "df", degf(design)); ci <- confint(x, df = degf(design)); several(case, "ci_low", ci[, 1]); several(case, "ci_high", ci[, 2])
}
stats <- function(case, design, two, one, by, binary) {
  f <- as.formula(paste("~", paste(two, collapse = "+")))
  present <- design[complete.cases(model.frame(design)[two]), ]  # df of the rows that are there
  describe(paste0(case, "/mean"), svymean(f, design, na.rm = TRUE), present)
  describe(paste0(case, "/total"), svytotal(f, design, na.rm = TRUE), present)
  g <- as.formula(paste("~", one))
  for (kind in c("TRUE", "replace")) {
    flag <- if (kind == "TRUE") TRUE else kind
    put(paste0(case, "/mean"), paste0("deff_", kind), deff(svymean(g, design, deff = flag, na.rm = TRUE)))
    put(paste0(case, "/total"), paste0("deff_", kind), deff(svytotal(g, design, deff = flag, na.rm = TRUE)))
  }
  r <- svyratio(as.formula(paste("~", two[1])), as.formula(paste("~", two[2])), design, deff = TRUE, na.rm = TRUE)
  put(paste0(case, "/ratio"), "estimate", coef(r)); put(paste0(case, "/ratio"), "se", SE(r)); put(paste0(case, "/ratio"), "deff_TRUE", deff(r))
  b <- svyby(g, as.formula(paste("~", by)), design, svymean, na.rm = TRUE, deff = TRUE)
  several(paste0(case, "/by"), "estimate", coef(b)); several(paste0(case, "/by"), "se", SE(b)); several(paste0(case, "/by"), "deff_TRUE", deff(b))
  levels <- sort(unique(as.character(model.frame(design)[[by]])))
  keep <- as.character(model.frame(design)[[by]])
  several(paste0(case, "/by"), "df", sapply(levels, function(l) degf(design[keep %in% l, ])))
  t <- svyby(g, as.formula(paste("~", by)), design, svytotal, na.rm = TRUE)
  several(paste0(case, "/by_total"), "se", SE(t))
  d <- model.frame(design)
  d1 <- as.numeric(keep == levels[1]); d2 <- as.numeric(keep == levels[2])
  two_domains <- update(design, y1 = d[[one]] * d1, y2 = d[[one]] * d2, d1 = d1, d2 = d2)
  v <- svyratio(~y1 + y2, ~d1 + d2, two_domains, covmat = TRUE)
  put(paste0(case, "/by"), "cov01", vcov(v)[1, 4])
  h <- as.formula(paste("~", binary))
  for (m in c("logit", "beta", "mean")) {
    p <- svyciprop(h, design, method = m); ci <- attr(p, "ci")
    put(paste0(case, "/prop"), paste0(m, "_low"), ci[1]); put(paste0(case, "/prop"), paste0(m, "_high"), ci[2])
  }
  put(paste0(case, "/prop"), "estimate", coef(p))
}
quantiles <- function(case, design, f, rules = c("math", "school", "hf7")) {
  for (rule in rules) for (type in c("mean", "beta", "xlogit")) {
    q <- svyquantile(f, design, c(.25, .5, .9), interval.type = type, qrule = rule)[[1]]
    several(paste(case, rule, type, sep = "/"), "estimate", q[, 1]); several(paste(case, rule, type, sep = "/"), "ci_low", q[, 2])
    several(paste(case, rule, type, sep = "/"), "ci_high", q[, 3]); several(paste(case, rule, type, sep = "/"), "se", q[, 4])
  }
}
yes <- function(d) transform(d, wide = as.numeric(sch.wide == "Yes"))
srs <- svydesign(id = ~1, fpc = ~fpc, data = yes(apisrs))
strat <- svydesign(id = ~1, strata = ~stype, weights = ~pw, fpc = ~fpc, data = yes(apistrat))
strat0 <- svydesign(id = ~1, strata = ~stype, weights = ~pw, data = yes(apistrat))
clus1 <- svydesign(id = ~dnum, weights = ~pw, fpc = ~fpc, data = yes(apiclus1))
clus10 <- svydesign(id = ~dnum, weights = ~pw, data = yes(apiclus1))
clus2 <- svydesign(id = ~dnum + snum, fpc = ~fpc1 + fpc2, weights = ~pw, data = yes(apiclus2))
clus20 <- svydesign(id = ~dnum + snum, weights = ~pw, data = yes(apiclus2))
for (n in c("srs", "strat", "strat0", "clus1", "clus10", "clus2", "clus20")) {
  stats(n, get(n), c("api00", "enroll"), "api00", "stype", "wide")
  if (n != "srs") quantiles(paste0(n, "/quantile"), get(n), ~api99)
}
small <- subset(transform(nhanes, female = as.numeric(RIAGENDR == 2)), !is.na(HI_CHOL))
nh <- svydesign(id = ~SDMVPSU, strata = ~SDMVSTRA, weights = ~WTMEC2YR, nest = TRUE, data = transform(nhanes, female = as.numeric(RIAGENDR == 2)))
m <- svymean(~HI_CHOL, nh, na.rm = TRUE); describe("nhanes/mean", m, subset(nh, !is.na(HI_CHOL)))
b <- svyby(~HI_CHOL, ~race + female, nh, svymean, na.rm = TRUE); several("nhanes/by", "estimate", coef(b)); several("nhanes/by", "se", SE(b))
for (method in c("logit", "beta")) {
  ci <- attr(svyciprop(~HI_CHOL, subset(nh, !is.na(HI_CHOL)), method = method), "ci")
  put("nhanes/prop", paste0(method, "_low"), ci[1]); put("nhanes/prop", paste0(method, "_high"), ci[2])
}
mu <- svydesign(id = ~id1 + id2, fpc = ~n1 + n2, data = mu284)
mu284$w <- weights(mu); several("mu284", "weight", mu284$w[1:3])
describe("mu284/mean", svymean(~y1, mu), mu); describe("mu284/total", svytotal(~y1, mu), mu)
f0 <- svydesign(id = ~psuid, strata = ~stratid, weights = ~weight, data = fpc, nest = TRUE)
f1 <- svydesign(id = ~psuid, strata = ~stratid, weights = ~weight, data = fpc, fpc = ~Nh, nest = TRUE)
describe("fpc0/mean", svymean(~x, f0), f0); describe("fpc1/total", svytotal(~x, f1), f1)
sc <- svydesign(id = ~ambulance, strata = ~ESA, nest = TRUE, data = scd, weights = ~1)
r <- svyratio(~alive, ~arrests, sc); put("scd/ratio", "estimate", coef(r)); put("scd/ratio", "se", SE(r))

# strata of one PSU
lonely <- yes(apistrat)[c(1:60, 101, 151:190), ]
for (rule in c("certainty", "adjust", "average")) {
  options(survey.lonely.psu = rule)
  for (with_fpc in c(FALSE, TRUE)) {
    d <- svydesign(id = ~1, strata = ~stype, weights = ~pw, fpc = if (with_fpc) ~fpc else NULL, data = lonely)
    for (k in c("mean", "total")) {
      x <- if (k == "mean") svymean(~api00, d) else svytotal(~api00, d)
      put(paste("lonely", rule, with_fpc, k, sep = "/"), "se", SE(x))
    }
  }
  two <- apiclus2[order(apiclus2$dnum), ]
  if (rule != "average") {
    two$fpc2[two$dnum %in% names(which(table(two$dnum) == 1))] <- 3
    d <- svydesign(id = ~dnum + snum, fpc = ~fpc1 + fpc2, weights = ~pw, data = two)
    put(paste("lonely2", rule, sep = "/"), "se", SE(svymean(~api00, d)))
  }
}
options(survey.lonely.psu = "fail")

# replicate weights
for (mse in c(FALSE, TRUE)) {
  s <- if (mse) "mse" else "centred"
  j1 <- as.svrepdesign(clus10, type = "JK1", mse = mse); jn <- as.svrepdesign(strat0, type = "JKn", mse = mse)
  j1f <- as.svrepdesign(clus1, type = "JK1", mse = mse); jnf <- as.svrepdesign(strat, type = "JKn", mse = mse)
  boot <- read.csv("data/apiclus1_bootstrap.csv.gz")
  bt <- svrepdesign(data = yes(apiclus1), weights = ~pw, repweights = as.matrix(boot), combined.weights = FALSE, type = "bootstrap",
                    scale = 1 / 39, rscales = rep(1, 40), mse = mse)
  for (n in c("j1", "j1f", "jn", "jnf", "bt")) {
    d <- get(n); case <- paste("replicate", n, s, sep = "/")
    x <- svymean(~api00 + enroll, d, na.rm = TRUE); several(case, "mean", coef(x)); several(case, "cov", as.vector(vcov(x))); put(case, "df", degf(d))
    t <- svytotal(~api00, d); put(case, "total_se", SE(t))
    r <- svyratio(~api00, ~enroll, d); put(case, "ratio_se", SE(r))
    b <- svyby(~api00, ~stype, d, svymean); several(case, "by_se", SE(b))
    several(case, "by_df", sapply(c("E", "H", "M"), function(l) degf(d[model.frame(d)$stype == l, ])))
    q <- svyquantile(~api99, d, c(.25, .5), interval.type = "mean")[[1]]; several(case, "quantile", q[, 1]); several(case, "quantile_se", q[, 4])
  }
}
rep <- 2 * cbind(c(1,0,1,0,1,0), c(1,0,0,1,0,1), c(0,1,1,0,0,1), c(0,1,0,1,1,0))
brr <- svrepdesign(data = scd, type = "BRR", repweights = rep, combined.weights = FALSE, weights = rep(1, 6))
r <- svyratio(~alive, ~arrests, brr); put("replicate/brr", "ratio", coef(r)); put("replicate/brr", "ratio_se", SE(r)); put("replicate/brr", "df", degf(brr))

# calibration
pop <- data.frame(stype = c("E", "H", "M"), Freq = c(4421, 755, 1018))
wide <- data.frame(sch.wide = c("No", "Yes"), Freq = c(1072, 5122))
totals <- c(`(Intercept)` = 6194, stypeH = 755, stypeM = 1018, api99 = 3914069)
calibrated <- list(
  post = postStratify(clus10, ~stype, pop),
  linear = calibrate(clus10, ~stype + api99, totals, epsilon = 1e-12),
  raking = calibrate(clus10, ~stype + sch.wide, c(`(Intercept)` = 6194, stypeH = 755, stypeM = 1018, sch.wideYes = 5122), calfun = "raking", epsilon = 1e-12),
  logit = calibrate(clus10, ~stype + api99, totals, calfun = "logit", bounds = c(0.6, 1.7), epsilon = 1e-12),
  linear_strat = calibrate(strat, ~sch.wide + api99, c(`(Intercept)` = 6194, sch.wideYes = 5122, api99 = 3914069), epsilon = 1e-12),
  linear_two = calibrate(clus2, ~api99, c(`(Intercept)` = 6194, api99 = 3914069), epsilon = 1e-12))
raked <- rake(clus10, list(~stype, ~sch.wide), list(pop, wide), control = list(epsilon = 1e-13, maxit = 500))
several("calibration/rake", "weight", weights(raked)[1:20])
for (n in names(calibrated)) {
  d <- calibrated[[n]]; case <- paste0("calibration/", n)
  several(case, "weight", weights(d)[1:20])
  x <- svymean(~api00 + enroll, d, na.rm = TRUE); several(case, "mean", coef(x)); several(case, "cov", as.vector(vcov(x)))
  t <- svytotal(~enroll, d, na.rm = TRUE); put(case, "total", coef(t)); put(case, "total_se", SE(t))
  b <- svyby(~api00, ~sch.wide, d, svymean); several(case, "by", coef(b)); several(case, "by_se", SE(b))
  r <- svyratio(~api.stu, ~enroll, d, na.rm = TRUE); put(case, "ratio_se", SE(r))
}
trimmed <- trimWeights(strat0, upper = 40, lower = 16); several("trim", "weight", weights(trimmed)[c(1, 101, 151)])
strict <- trimWeights(strat0, upper = 40, lower = 16, strict = TRUE); several("trim_strict", "weight", weights(strict)[c(1, 101, 151)])
k <- svykappa(~sch.wide + comp.imp, clus10); put("kappa", "estimate", coef(k)); put("kappa", "se", SE(k))
write.csv(do.call(rbind, out), "survey.csv", row.names = FALSE, quote = FALSE)

# Writes the data sets of R's survey and laeken that the golden tests read, as compressed CSV.
# Run in this folder: Rscript export_data.R
suppressMessages({library(survey); library(laeken)})
data(api); data(scd); data(nhanes); data(mu284); data(fpc); data(eusilc)

write <- function(frame, name, columns = names(frame)) {
  con <- gzcon(file(file.path("data", paste0(name, ".csv.gz")), "wb"))
  write.csv(format(frame[columns], digits = 17, trim = TRUE, scientific = FALSE), con, row.names = FALSE, na = "")
  close(con)
}

dir.create("data", showWarnings = FALSE)
api_columns <- c("cds", "stype", "dnum", "snum", "sch.wide", "comp.imp", "both", "api00", "api99", "target", "enroll",
                 "api.stu", "meals", "ell", "mobility", "emer", "pw", "fpc")
write(apisrs, "apisrs", api_columns)
write(apistrat, "apistrat", api_columns)
write(apiclus1, "apiclus1", api_columns)
write(apiclus2, "apiclus2", c(setdiff(api_columns, "fpc"), "fpc1", "fpc2"))
repweights <- 2 * cbind(c(1,0,1,0,1,0), c(1,0,0,1,0,1), c(0,1,1,0,0,1), c(0,1,0,1,1,0))
write(cbind(scd, r = as.data.frame(repweights)), "scd")
write(nhanes, "nhanes")
write(mu284, "mu284")
write(fpc, "fpc")
write(eusilc, "eusilc", c("db030", "db040", "rb090", "age", "hsize", "eqIncome", "rb050", "db090"))
set.seed(20)
boot <- as.svrepdesign(svydesign(id = ~dnum, weights = ~pw, data = apiclus1), type = "subbootstrap", replicates = 40)
write(as.data.frame(weights(boot, type = "replication")), "apiclus1_bootstrap")

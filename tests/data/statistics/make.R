# Makes reference_r.json: what R and its package survival say of the data in cases.json. Run in this folder; see README.md.

library(survival)
library(jsonlite)

data <- fromJSON("cases.json", simplifyVector = TRUE, simplifyMatrix = FALSE)

quantiles <- function(case) {
  q <- quantile(case$value, c(0.25, 0.5, 0.75), type = 7, names = FALSE)
  list(lower_quartile = q[1], median = q[2], upper_quartile = q[3])
}

kaplan_meier <- function(case) {
  fit <- survfit(Surv(case$time, case$event) ~ 1, conf.type = "log-log")
  distinct <- sort(unique(c(0, case$time)))
  keep <- distinct[seq(1, length(distinct), by = 1 + length(distinct) %/% 60)]
  at <- summary(fit, times = keep, extend = TRUE)
  points <- lapply(seq_along(keep), function(i) {
    point <- list(time = keep[i], survival = at$surv[i])
    # R gives no interval where the estimate is 1 or 0.
    if (at$surv[i] > 0 && at$surv[i] < 1) {
      point$lower <- at$lower[i]
      point$upper <- at$upper[i]
    }
    point
  })
  # The first time at which a curve is not above a half, read from the curve: quantile() takes the middle of a step that
  # lies exactly on a half.
  first <- function(curve) {
    found <- which(!is.na(curve) & curve <= 0.5 + 1e-12)
    if (length(found)) fit$time[found[1]] else NA
  }
  list(points = points, median = first(fit$surv), median_lower = first(fit$lower), median_upper = first(fit$upper))
}

log_rank <- function(case) {
  if (sum(case$event) == 0 || length(unique(case$group)) < 2) {
    return(list(statistic = NA, degrees_of_freedom = NA, p = NA))
  }
  test <- survdiff(Surv(case$time, case$event) ~ case$group)
  degrees <- length(unique(case$group)) - 1
  list(statistic = test$chisq, degrees_of_freedom = degrees, p = pchisq(test$chisq, degrees, lower.tail = FALSE))
}

relative_risk <- function(case) {
  rows <- rbind(
    data.frame(group = 1, event = 1, n = case$part),
    data.frame(group = 1, event = 0, n = case$whole - case$part),
    data.frame(group = 0, event = 1, n = case$reference_part),
    data.frame(group = 0, event = 0, n = case$reference_whole - case$reference_part)
  )
  # The log-binomial model's coefficient is the logarithm of the ratio; its error is Katz's.
  a <- case$part; n <- case$whole; b <- case$reference_part; m <- case$reference_whole
  if (a == n) {
    ratio <- (a / n) / (b / m)
    error <- sqrt(1 / b - 1 / m)
  } else {
    fit <- glm(event ~ group, family = binomial(link = "log"), data = rows[rows$n > 0, ], weights = n,
               start = c(log(b / m), log((a / n) / (b / m))), control = glm.control(epsilon = 1e-14, maxit = 100))
    ratio <- exp(coef(fit)[["group"]])
    error <- sqrt(vcov(fit)["group", "group"])
  }
  list(ratio = ratio, lower = ratio * exp(-qnorm(0.975) * error), upper = ratio * exp(qnorm(0.975) * error))
}

cox <- function(name, case) {
  if (name %in% c("no events", "separation", "singular")) {
    return(list(fails = name))
  }
  x <- do.call(cbind, case$covariates)
  fit <- coxph(Surv(case$time, case$event) ~ x, ties = "efron", control = coxph.control(eps = 1e-14, toler.chol = 1e-15, iter.max = 100))
  error <- sqrt(diag(fit$var))
  z <- coef(fit) / error
  list(coefficient = I(unname(coef(fit))), error = I(error), p = I(unname(2 * pnorm(-abs(z)))), log_likelihood = fit$loglik[2])
}

reference <- list(
  quantile = lapply(data$quantile, quantiles),
  kaplan_meier = lapply(data$kaplan_meier, kaplan_meier),
  log_rank = lapply(data$log_rank, log_rank),
  relative_risk = lapply(data$relative_risk, relative_risk),
  cox = Map(cox, names(data$cox), data$cox)
)
write(toJSON(reference, auto_unbox = TRUE, digits = NA, na = "null"), "reference_r.json")

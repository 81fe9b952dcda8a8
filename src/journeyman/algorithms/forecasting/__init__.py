"""What continues series: seasonal naives, Theta, exponential smoothing, regressions on lags, and their combination."""

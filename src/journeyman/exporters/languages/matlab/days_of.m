function days = days_of(year, month, day)
%DAYS_OF Days since 1970 of dates of the Gregorian calendar (howardhinnant.github.io/date_algorithms.html).
  year = year - (month <= 2);
  era = floor(year / 400);
  of_era = year - era * 400;
  of_year = floor((153 * (month + 9 - 12 * (month > 2)) + 2) / 5) + day - 1;
  days = era * 146097 + of_era * 365 + floor(of_era / 4) - floor(of_era / 100) + of_year - 719468;
end

#include "common/base/time_text.h"

#include <fmt/format.h>

#include <chrono>
#include <cmath>

#include "common/base/text.h"

namespace unmask {
namespace {

std::optional<std::int64_t> Digits(std::string_view text, std::size_t at, std::size_t count) {
  const auto value = ParseInt(text.substr(at, count));
  return value && *value >= 0 ? value : std::nullopt;
}

}  // namespace

std::string FormatDuration(double seconds) {
  const auto whole = static_cast<std::int64_t>(std::ceil(seconds));
  if (whole < 100) return fmt::format("{} s", whole);
  const std::int64_t minutes = (whole + 59) / 60;
  if (minutes < 100) return fmt::format("{} min", minutes);
  return fmt::format("{} h {:02} min", minutes / 60, minutes % 60);
}

std::string RateText(std::optional<double> jobs_per_second, std::optional<double> seconds_left) {
  if (!jobs_per_second) return "rate not measured yet";
  std::string text = fmt::format("{:.{}f} jobs/s", *jobs_per_second, *jobs_per_second < 10 ? 2 : 0);
  if (seconds_left) text += ", " + FormatDuration(*seconds_left) + " left";
  return text;
}

std::optional<std::int64_t> ParseWallTime(std::string_view text) {
  if (text.size() < 20 || text[4] != '-' || text[10] != 'T' || text.back() != 'Z') {
    return std::nullopt;
  }
  const auto year = Digits(text, 0, 4);
  const auto month = Digits(text, 5, 2);
  const auto day = Digits(text, 8, 2);
  const auto hour = Digits(text, 11, 2);
  const auto minute = Digits(text, 14, 2);
  const auto second = Digits(text, 17, 2);
  const auto millis = text.size() >= 24 ? Digits(text, 20, 3) : std::optional<std::int64_t>(0);
  if (!year || !month || !day || !hour || !minute || !second || !millis) return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year(static_cast<int>(*year)),
                                         std::chrono::month(static_cast<unsigned>(*month)),
                                         std::chrono::day(static_cast<unsigned>(*day))};
  if (!date.ok() || *hour > 23 || *minute > 59 || *second > 59) return std::nullopt;
  const std::int64_t days = std::chrono::sys_days(date).time_since_epoch().count();
  return (((days * 24 + *hour) * 60 + *minute) * 60 + *second) * 1000 + *millis;
}

}  // namespace unmask

#include "sql/packed.h"

#include <fmt/compile.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <tuple>

#include "common/base/check.h"
#include "common/base/json_text.h"
#include "common/config/names.h"

namespace unmask {
namespace {

using nlohmann::json;

template <typename Real>
void AppendReal(std::string& out, Real value) {
  if (!std::isfinite(value)) {
    out += "null";
    return;
  }
  char buffer[32];  // fmt's algorithm takes a quarter of the time of libstdc++'s
  out.append(buffer, fmt::format_to(buffer, FMT_COMPILE("{}"), value));
}

// As it stands, which is the shortest decimal of a float or double: prints as in the view.
double ToNumber(const json& value) {
  return value.is_number() ? value.get<double>() : std::numeric_limits<double>::quiet_NaN();
}

bool Continues(const CurvePoint& previous, const CurvePoint& next) {
  return next.split == previous.split && next.task == previous.task &&
         next.epoch == previous.epoch + 1;
}

}  // namespace

std::string PackLogits(std::span<const float> logits, std::size_t classes) {
  UNMASK_CHECK(classes > 0 && logits.size() % classes == 0);
  std::string out = "[";
  for (std::size_t i = 0; i < logits.size(); ++i) {
    if (i % classes == 0) {
      out += i == 0 ? "[" : "],[";
    } else {
      out += ',';
    }
    AppendReal(out, logits[i]);
  }
  out += logits.empty() ? "]" : "]]";
  return out;
}

std::vector<float> UnpackLogits(std::string_view packed) {
  std::vector<float> logits;
  const char* at = packed.data();
  const char* const end = at + packed.size();
  while (at != end) {
    float value = std::numeric_limits<float>::quiet_NaN();
    const bool is_null = *at == 'n';
    const auto [next, error] = std::from_chars(at, end, value);
    if (is_null) {
      at += std::min<std::ptrdiff_t>(4, end - at);
    } else if (error == std::errc()) {
      at = next;
    } else {
      ++at;
      continue;
    }
    logits.push_back(value);
  }
  return logits;
}

namespace {

// "[1,2,3]", as json(values).dump() has it, in a tenth of the time: every result has four of these.
template <typename T>
std::string WriteIntegers(std::span<const T> values) {
  std::string out = "[";
  for (const T value : values) {
    char buffer[24];
    if (out.size() > 1) out += ',';
    out.append(buffer, std::to_chars(buffer, buffer + sizeof buffer, value).ptr);
  }
  out += ']';
  return out;
}

// "[1,2,3]" as PackIntegers writes it: reports read hundreds of thousands of these.
template <typename T>
std::vector<T> ParseIntegers(std::string_view packed) {
  std::vector<T> values;
  const char* at = packed.data();
  const char* const end = at + packed.size();
  while (at != end) {
    T value = 0;
    const auto [next, error] = std::from_chars(at, end, value);
    if (error == std::errc()) values.push_back(value);
    at = error == std::errc() ? next : at + 1;
  }
  return values;
}

}  // namespace

std::string PackIntegers(std::span<const std::int32_t> values) { return WriteIntegers(values); }

std::vector<std::int32_t> UnpackIntegers(const std::string& packed) {
  return ParseIntegers<std::int32_t>(packed);
}

// Names are UTF-8 by the manifest's rules; what is not must not stop a coordinator.
std::string PackNames(const std::vector<std::string>& names) { return JsonText(json(names)); }

std::vector<std::string> UnpackNames(const std::string& packed) { return json::parse(packed); }

std::string PackConfusion(const ConfusionMatrix& matrix) {
  return WriteIntegers(std::span<const std::int64_t>(matrix.counts));
}

ConfusionMatrix UnpackConfusion(std::vector<std::string> classes, const std::string& counts) {
  ConfusionMatrix matrix;
  matrix.classes = std::move(classes);
  matrix.counts = ParseIntegers<std::int64_t>(counts);
  if (matrix.counts.size() != matrix.classes.size() * matrix.classes.size()) {
    throw std::runtime_error(fmt::format("a confusion matrix of {} counts for {} classes",
                                         matrix.counts.size(), matrix.classes.size()));
  }
  return matrix;
}

std::string PackCurves(std::vector<CurvePoint> curves) {
  std::ranges::stable_sort(curves, {}, [](const CurvePoint& point) {
    return std::tuple(point.split, point.task, point.epoch);
  });
  std::string out = "[";
  for (std::size_t i = 0; i < curves.size(); ++i) {
    const CurvePoint& point = curves[i];
    if (i > 0 && Continues(curves[i - 1], point)) {
      out += ',';
    } else {
      if (i > 0) out += "]},";
      out += json{{"split", Name(point.split)}, {"task", Name(point.task)}, {"first", point.epoch}}
                 .dump();
      out.back() = ',';
      out += "\"points\":[";
    }
    out += '[';
    AppendReal(out, static_cast<float>(point.loss));
    out += ',';
    AppendReal(out, point.accuracy);
    out += ']';
  }
  out += curves.empty() ? "]" : "]}]";
  return out;
}

std::vector<CurvePoint> UnpackCurves(const std::string& packed) {
  std::vector<CurvePoint> curves;
  for (const json& series : json::parse(packed)) {
    CurvePoint point;
    point.epoch = series.at("first");
    point.split = FromName<CurveSplit>(series.at("split").get<std::string>()).value();
    point.task = FromName<Task>(series.at("task").get<std::string>()).value();
    for (const json& pair : series.at("points")) {
      point.loss = ToNumber(pair.at(0));
      point.accuracy = ToNumber(pair.at(1));
      curves.push_back(point);
      ++point.epoch;
    }
  }
  return curves;
}

}  // namespace unmask

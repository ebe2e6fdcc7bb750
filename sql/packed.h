// Predictions, confusion matrices and curves as the JSON texts that the views expand
// (docs/formats.md, "Store"). float32 is written in shortest round-trip form: every finite value
// comes back with the same bits.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "common/metrics/metrics.h"
#include "common/protocol/messages.h"

namespace unmask {

// Not finite numbers have no JSON: they are written as null and come back as NaN.
std::string PackLogits(std::span<const float> logits, std::size_t classes);
std::vector<float> UnpackLogits(std::string_view packed);

std::string PackIntegers(std::span<const std::int32_t> values);
std::vector<std::int32_t> UnpackIntegers(const std::string& packed);

std::string PackNames(const std::vector<std::string>& names);
std::vector<std::string> UnpackNames(const std::string& packed);

std::string PackConfusion(const ConfusionMatrix& matrix);
// Throws std::runtime_error where the counts are not of so many classes.
ConfusionMatrix UnpackConfusion(std::vector<std::string> classes, const std::string& counts);

// Points of one split and task stand together, as long as their epochs follow one another.
std::string PackCurves(std::vector<CurvePoint> curves);
// Sorted by split, task, epoch.
std::vector<CurvePoint> UnpackCurves(const std::string& packed);

}  // namespace unmask

// An experiment's point as the command line names it.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

namespace unmask {

// "dsid alpha=0.5 beta=1"; `point` as stored.
std::string PointLabel(const std::string& experiment, const std::string& point);

// A value of a point: numbers in their shortest decimal, texts without quotes.
std::string PointValue(const nlohmann::json& value);

}  // namespace unmask

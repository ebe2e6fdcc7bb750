// A grid point as people read it.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

namespace unmask {

// {"loss.alpha":0.5,"train.validation":"leaky"} -> "alpha 0.5, validation leaky". Last parts of
// keys, and whole keys where those are not unique. Text that is no JSON object stays as it is;
// an empty object is "".
std::string PointLabel(const std::string& point);

// One of its values: 0.5, paper, true.
std::string PointValue(const nlohmann::json& value);

}  // namespace unmask

// Which of an experiment's points is the one that no grid moved.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

namespace unmask {

// Whether `point` has the values that `config`, the sweep's study, gives the experiment itself. No
// point has where there is no such experiment. Neither needs to be a JSON object.
bool IsAtOwnValues(const nlohmann::json& config, const std::string& experiment,
                   const nlohmann::json& point);

}  // namespace unmask

// An experiment's point as the command line names it.
#pragma once

#include <string>
#include <vector>

namespace unmask {

// "alpha=0.5", "beta=1"; `point` as stored.
std::vector<std::string> PointConditions(const std::string& point);

// "dsid alpha=0.5 beta=1".
std::string PointArgument(const std::string& experiment, const std::string& point);

}  // namespace unmask

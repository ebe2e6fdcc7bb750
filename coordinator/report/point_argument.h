// An experiment's point as the command line names it.
#pragma once

#include <string>

namespace unmask {

// "dsid alpha=0.5 beta=1"; `point` as stored.
std::string PointArgument(const std::string& experiment, const std::string& point);

}  // namespace unmask

// What a valid configuration may ask for and this version cannot do yet, and settings that do not
// go together. The one place that says so.
#pragma once

#include <string>
#include <vector>

#include "common/base/result.h"
#include "common/config/settings.h"

namespace unmask {

// Empty: the settings can be run. `where` names the experiment.
std::vector<Problem> WhyNotRunnable(const Settings& settings, const std::string& where);

}  // namespace unmask

// Which build this is: ranks and trainers of another build are refused.
#pragma once

#include <string>

namespace unmask {

// "0.1.0-1a2b3c4d5e6f": the version and a hash of the sources as they were configured. Equal in all
// programs of one build folder.
std::string BuildId();

}  // namespace unmask

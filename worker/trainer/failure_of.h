// Whose fault a failure was, as far as it tells.
#pragma once

#include <exception>
#include <string_view>

#include "common/base/result.h"
#include "common/protocol/messages.h"

namespace unmask {

// Libraries that may be missing here are known by their words.
FailureClass FailureOf(std::string_view what);
FailureClass FailureOf(const std::exception& exception);
// Data are the job's own fault, and no retry helps; anything else is this worker's.
FailureClass FailureOf(const Error& error);

}  // namespace unmask

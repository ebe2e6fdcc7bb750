// libtorch's exceptions as errors, for callers that expect a Result.
#pragma once

#include <exception>

#include "common/base/first_line.h"
#include "common/base/result.h"

namespace unmask {

// f(), which gives a Result. What libtorch throws becomes an InternalError without its stack.
template <class F>
auto OrLibtorchError(F f) -> decltype(f()) {
  try {
    return f();
  } catch (const std::exception& error) {
    return InternalError("libtorch: " + FirstLine(error.what()));
  }
}

}  // namespace unmask

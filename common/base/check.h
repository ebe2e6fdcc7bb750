// A CHECK is for what only a bug can break. It says where and aborts, in every build.
#pragma once

namespace unmask {

[[noreturn]] void CheckFailed(const char* expression, const char* file, int line);

}  // namespace unmask

#define UNMASK_CHECK(expression)                              \
  do {                                                        \
    if (!(expression)) {                                      \
      ::unmask::CheckFailed(#expression, __FILE__, __LINE__); \
    }                                                         \
  } while (false)

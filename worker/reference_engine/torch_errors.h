// libtorch's exceptions, told apart. Includes c10: only for the files that do already.
#pragma once

#include <c10/util/Exception.h>

#include <new>
#include <string_view>

namespace unmask {

// The CPU's allocator throws a plain c10::Error.
inline bool IsWantOfMemory(const c10::Error& error) {
  const std::string_view what = error.what();
  return dynamic_cast<const c10::OutOfMemoryError*>(&error) != nullptr ||
         what.find("DefaultCPUAllocator: can't allocate memory") != std::string_view::npos;
}

// f(), where want of memory becomes std::bad_alloc.
template <class F>
auto WithStandardErrors(F f) {
  try {
    return f();
  } catch (const c10::Error& error) {
    if (IsWantOfMemory(error)) throw std::bad_alloc();
    throw;
  }
}

}  // namespace unmask

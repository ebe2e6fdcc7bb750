#include "worker/trainer/failure_of.h"

#include <new>

namespace unmask {

FailureClass FailureOf(std::string_view what) {
  const auto says = [&](std::string_view words) {
    return what.find(words) != std::string_view::npos;
  };
  const bool memory = says("CUDA out of memory") || says("CUDA error: out of memory") ||
                      says("_STATUS_ALLOC_FAILED") || says("can't allocate memory") ||
                      says("std::bad_alloc") || says("Cannot allocate memory") ||
                      // of a library that is loaded
                      says("failed to map segment") || says("cannot allocate memory");
  if (memory) return FailureClass::kOutOfMemory;
  return says("CUDA error") ? FailureClass::kCuda : FailureClass::kExit;
}

FailureClass FailureOf(const std::exception& exception) {
  const bool memory = dynamic_cast<const std::bad_alloc*>(&exception) != nullptr;
  return memory ? FailureClass::kOutOfMemory : FailureOf(exception.what());
}

FailureClass FailureOf(const Error& error) {
  return error.code == ErrorCode::kInternal ? FailureOf(OneLine(error)) : FailureClass::kBadInput;
}

}  // namespace unmask

// What a job is given and cannot be used for it.
#pragma once

#include <stdexcept>
#include <utility>

#include "common/base/result.h"

namespace unmask {

// Thrown where inputs turn out to be unusable while a job trains on them.
class InputError : public std::runtime_error {
 public:
  explicit InputError(Error error) : std::runtime_error(OneLine(error)), error_(std::move(error)) {}
  const Error& error() const { return error_; }

 private:
  Error error_;
};

}  // namespace unmask

// Expected failures travel as Result<T>; a programmer's error is a CHECK (check.h).
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "common/base/check.h"

namespace unmask {

// What kind of failure, which decides the exit code of the program.
enum class ErrorCode {
  kUsage,     // command line, configuration, SQL: exit 2
  kData,      // manifest, annotation, weights, store: exit 3
  kStopped,   // stopped but resumable: exit 75
  kInternal,  // a system call that should not fail: exit 3
};

// One thing that is wrong: printed as `unmask: error: WHAT (WHERE): EXPECTED`.
struct Problem {
  std::string what;      // "unknown key 'train.bach'"
  std::string where;     // "study.yaml:12"; may be empty
  std::string expected;  // "did you mean 'train.batch'?"; may be empty
};

// A failure with everything found wrong (never empty).
struct Error {
  ErrorCode code = ErrorCode::kInternal;
  std::vector<Problem> problems;

  Error(ErrorCode error_code, Problem problem) : code(error_code), problems{std::move(problem)} {}
  Error(ErrorCode error_code, std::vector<Problem> all)
      : code(error_code), problems(std::move(all)) {
    UNMASK_CHECK(!problems.empty());
  }
};

Error UsageError(std::string what, std::string where = "", std::string expected = "");
Error DataError(std::string what, std::string where = "", std::string expected = "");
Error InternalError(std::string what, std::string where = "", std::string expected = "");

// 2, 3 or 75: README.
int ExitCode(ErrorCode code);

// The first problem on one line, without the program's prefix: for logs and messages.
std::string OneLine(const Error& error);

// One line a problem, without a trailing newline; control characters of data are escaped.
std::string FormatError(const Error& error);

// A value or an Error. `value()` on an error is a programmer's error.
template <typename T>
class [[nodiscard]] Result {
 public:
  Result(T value)
      : state_(std::in_place_index<0>, std::move(value)) {}  // NOLINT: implicit by design
  Result(Error error)
      : state_(std::in_place_index<1>, std::move(error)) {}  // NOLINT: implicit by design

  bool ok() const { return state_.index() == 0; }
  explicit operator bool() const { return ok(); }
  T& value() & {
    UNMASK_CHECK(ok());
    return std::get<0>(state_);
  }
  const T& value() const& {
    UNMASK_CHECK(ok());
    return std::get<0>(state_);
  }
  T&& value() && {
    UNMASK_CHECK(ok());
    return std::get<0>(std::move(state_));
  }
  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T&& operator*() && { return std::move(*this).value(); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }
  const Error& error() const& {
    UNMASK_CHECK(!ok());
    return std::get<1>(state_);
  }

 private:
  std::variant<T, Error> state_;
};

// Success without a value.
template <>
class [[nodiscard]] Result<void> {
 public:
  Result() = default;
  Result(Error error) : error_(std::move(error)) {}  // NOLINT: implicit by design
  bool ok() const { return !error_.has_value(); }
  explicit operator bool() const { return ok(); }
  const Error& error() const& {
    UNMASK_CHECK(!ok());
    return *error_;
  }

 private:
  std::optional<Error> error_;
};

using Status = Result<void>;

// Hands an Error to the caller: UNMASK_TRY(expr) for a Status, UNMASK_ASSIGN(auto x, expr) for a
// value.
#define UNMASK_CONCAT_INNER(a, b) a##b
#define UNMASK_CONCAT(a, b) UNMASK_CONCAT_INNER(a, b)
#define UNMASK_TRY(expr)                                    \
  do {                                                      \
    if (auto unmask_status = (expr); !unmask_status.ok()) { \
      return unmask_status.error();                         \
    }                                                       \
  } while (false)
#define UNMASK_ASSIGN(lhs, expr) \
  UNMASK_ASSIGN_IMPL(UNMASK_CONCAT(unmask_result_, __LINE__), lhs, expr)
#define UNMASK_ASSIGN_IMPL(tmp, lhs, expr) \
  auto tmp = (expr);                       \
  if (!tmp.ok()) return tmp.error();       \
  lhs = std::move(tmp).value()

}  // namespace unmask

#include "common/base/result.h"

#include <fmt/format.h>

#include <cstdio>
#include <cstdlib>

#include "common/base/text.h"

namespace unmask {

Error UsageError(std::string what, std::string where, std::string expected) {
  return {ErrorCode::kUsage, Problem{std::move(what), std::move(where), std::move(expected)}};
}

Error DataError(std::string what, std::string where, std::string expected) {
  return {ErrorCode::kData, Problem{std::move(what), std::move(where), std::move(expected)}};
}

Error InternalError(std::string what, std::string where, std::string expected) {
  return {ErrorCode::kInternal, Problem{std::move(what), std::move(where), std::move(expected)}};
}

int ExitCode(ErrorCode code) {
  switch (code) {
    case ErrorCode::kUsage:
      return 2;
    case ErrorCode::kStopped:
      return 75;
    case ErrorCode::kData:
    case ErrorCode::kInternal:
      return 3;
  }
  return 3;
}

namespace {

std::string OneLine(const Problem& problem) {
  std::string line = VisibleText(problem.what);
  if (!problem.where.empty()) line += " (" + VisibleText(problem.where) + ")";
  if (!problem.expected.empty()) line += ": " + VisibleText(problem.expected);
  return line;
}

}  // namespace

std::string OneLine(const Error& error) { return OneLine(error.problems.front()); }

std::string FormatError(const Error& error) {
  std::string out;
  for (const Problem& problem : error.problems) {
    if (!out.empty()) out += '\n';
    out += "unmask: error: " + OneLine(problem);
  }
  return out;
}

void CheckFailed(const char* expression, const char* file, int line) {
  std::fprintf(stderr, "unmask: bug: CHECK(%s) failed at %s:%d\n", expression, file, line);
  std::abort();
}

}  // namespace unmask

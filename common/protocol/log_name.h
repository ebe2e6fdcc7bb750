// Where both sides find the log of an attempt: logs/<first 12 digits of the job>-<attempt>.log.
#pragma once

#include <string>
#include <string_view>

#include "common/base/ids.h"

namespace unmask {

inline std::string AttemptLogName(std::string_view job_key, AttemptNumber attempt) {
  return std::string(job_key.substr(0, 12)) + "-" + std::to_string(attempt.value) + ".log";
}

}  // namespace unmask

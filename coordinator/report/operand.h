// What `unmask diff` compares, as written on the command line: SWEEP, SWEEP:EXPERIMENT or
// SWEEP:EXPERIMENT@KEY=VALUE,... Without SWEEP (":dsid@alpha=0.5", or "dsid@alpha=0.5") the newest.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "common/base/result.h"
#include "coordinator/report/build_table.h"

namespace unmask {

class StoreReader;

struct PointName {
  std::string experiment;
  std::string point;  // as stored
};

struct Operand {
  std::shared_ptr<const SweepResults> results;
  std::string config_json;          // of the sweep
  std::optional<PointName> chosen;  // nullopt: the whole sweep
  std::string Label() const;        // "study-0123abcd dsid alpha=0.5 beta=1"
};

// Keys may be cut to their last part; those not named may have any value, as long as one point is
// left. Results are those of `other` where that is of the same sweep. Within a snapshot of the
// caller's. A UsageError says what there is instead.
Result<Operand> ReadOperand(StoreReader& reader, std::string_view text,
                            const Operand* other = nullptr);

}  // namespace unmask

// The gangs at work: jobs that several workers train together, under one lease.
#pragma once

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "common/base/clock.h"
#include "common/base/ids.h"
#include "coordinator/core/ready_queue.h"

namespace unmask {

struct OpenGang {
  std::vector<WorkerId> members;  // member 0 first
  std::set<WorkerId> ready;       // have loaded the job
  std::string address;            // where member 0 listens
  // A member has lost another. Whoever knows why has a while to say so.
  std::optional<Millis> broken;
  std::string trouble;

  bool Has(WorkerId worker) const { return std::ranges::find(members, worker) != members.end(); }
  bool AllReady() const { return ready.size() == members.size(); }
};

using GangTable = std::map<JobIndex, OpenGang>;  // by job, as long as it is leased

}  // namespace unmask

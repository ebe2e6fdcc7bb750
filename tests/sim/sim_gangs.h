// The gangs of a simulation as they really are: who has a seat, who has come, who is still there.
#pragma once

#include <map>
#include <set>

#include "common/protocol/messages.h"
#include "tests/sim/sim_random.h"

namespace unmask {

struct SimGang {
  std::int32_t size = 1;
  std::set<WorkerId> seated;   // were sent the lease
  std::set<WorkerId> ready;    // have said so
  std::set<WorkerId> present;  // have met the others
  bool formed = false;         // all have met
  bool wants_yield = false;    // some member was told to stop
  bool over = false;           // member 0 has ended the attempt in order

  bool Broken() const { return formed && !over && std::ssize(present) < size; }
};

class SimGangs {
 public:
  SimGang& operator[](const LeaseId& lease) { return gangs_[lease]; }

  void Seat(const Lease& lease, WorkerId worker) {
    SimGang& gang = gangs_[lease.id];
    gang.size = lease.gang.size;
    Require(std::ssize(gang.seated) == lease.gang.member, "seats are not given in order",
            lease.id.job_key);
    Require(gang.seated.insert(worker).second, "a worker sits twice", lease.id.job_key);
    last_ = lease.id;
  }
  // All seats of a gang are given at once.
  void CheckSeats() const {
    const auto found = gangs_.find(last_);
    if (found == gangs_.end()) return;
    const SimGang& gang = found->second;
    Require(gang.seated.empty() || std::ssize(gang.seated) == gang.size, "a gang is leased in part",
            last_.job_key);
  }
  void Meet(const LeaseId& lease, WorkerId worker) {
    SimGang& gang = gangs_[lease];
    gang.present.insert(worker);
    gang.formed = gang.formed || std::ssize(gang.present) == gang.size;
  }
  void Leave(const LeaseId& lease, WorkerId worker) {
    const auto found = gangs_.find(lease);
    if (found != gangs_.end()) found->second.present.erase(worker);
  }
  void Die(WorkerId worker) {
    for (auto& [lease, gang] : gangs_) gang.present.erase(worker);
  }

 private:
  std::map<LeaseId, SimGang> gangs_;
  LeaseId last_;
};

}  // namespace unmask

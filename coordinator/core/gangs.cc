// Jobs that several workers train together: one lease, one attempt, reserved whole or not at all.
// The members meet when all have loaded; the loss of one ends the attempt for all.
#include <algorithm>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "coordinator/core/planted_bugs.h"
#include "coordinator/core/scheduler.h"

namespace unmask {

namespace {

// A member that notices the loss of another is sooner here than the other's agent may be, which
// knows more.
constexpr Millis kCauseLimit{10'000};

}  // namespace

// Empty: not so many workers of this class are free.
std::vector<WorkerId> Scheduler::MembersFor(const Worker& worker, Lane lane) const {
  if (Planted(PlantedBug::kGangLeasedInPart)) {
    for (; lane.gang > 1; --lane.gang) {
      auto some = workers_.WithFreeSlot(worker.numerics_class, lane);
      if (!some.empty()) return some;
    }
  }
  return workers_.WithFreeSlot(worker.numerics_class, lane);
}

void Scheduler::SendToGang(JobIndex index, const std::vector<WorkerId>& members, Lease lease) {
  gangs_[index].members = members;
  std::set<std::string> hosts;
  for (const WorkerId member : members) hosts.insert(workers_.Find(member)->info.host);
  lease.gang = {0, jobs_[index].facts.gang, hosts.size() == 1};
  for (const WorkerId member : members) {
    effects_.Send(member, lease);
    ++lease.gang.member;
  }
}

// nullptr: it is over, or `from` has no part in it.
OpenGang* Scheduler::CurrentGang(WorkerId from, const LeaseId& lease) {
  const auto index = CurrentLease(from, lease);
  const auto found = index ? gangs_.find(*index) : gangs_.end();
  return found == gangs_.end() ? nullptr : &found->second;
}

void Scheduler::On(WorkerId from, const GangReady& message) {
  OpenGang* gang = CurrentGang(from, message.lease);
  if (!gang) return effects_.Send(from, Superseded{message.lease});
  if (from == gang->members.front()) gang->address = message.address;
  const bool last = gang->ready.insert(from).second && gang->AllReady();
  const bool too_soon = Planted(PlantedBug::kGangGoesTooSoon) && !gang->address.empty();
  if (!last && !too_soon) return;
  for (const WorkerId member : gang->members) {
    effects_.Send(member, GangGo{message.lease, gang->address});
  }
}

// Answered by Superseded when the attempt is over: until then the agent says it again.
void Scheduler::On(WorkerId from, const GangLeft& message) {
  OpenGang* gang = CurrentGang(from, message.lease);
  if (!gang) return effects_.Send(from, Superseded{message.lease});
  // In order, it is only sooner than what member 0 has to say.
  if (message.trouble.empty() || gang->broken) return;
  if (Planted(PlantedBug::kGangTroubleForgotten)) return;
  gang->broken = now_;
  gang->trouble = message.trouble;
}

bool Scheduler::HeardFromAllSince(const OpenGang& gang, Millis when) const {
  return std::ranges::all_of(gang.members, [&](WorkerId member) {
    const Worker* worker = workers_.Find(member);
    return worker && worker->last_heard > when;
  });
}

// "worker 3 on node7: ", which of its members an attempt's end is about; empty: not of a gang.
std::string Scheduler::SpeakerOf(JobIndex index, WorkerId speaker) const {
  const Worker* worker = workers_.Find(speaker);
  if (!worker || !IsMember(speaker, index)) return "";
  return "worker " + std::to_string(speaker.value) + " on " + worker->info.host + ": ";
}

// All members are well, and none has said why. A member that is silent may be the reason: then the
// limit on its silence ends the attempt.
void Scheduler::EndBrokenGangs() {
  std::vector<std::pair<JobIndex, std::string>> over;
  for (const auto& [index, gang] : gangs_) {
    if (!gang.broken || now_ - *gang.broken <= kCauseLimit) continue;
    if (!HeardFromAllSince(gang, *gang.broken)) continue;
    over.emplace_back(index, gang.trouble);
  }
  for (const auto& [index, trouble] : over) LoseLease(index, kNoWorker, trouble);
}

// The attempt is over: the members but `speaker` (who is answered otherwise) are told so.
void Scheduler::DismissGang(JobIndex index, const LeaseId& lease, WorkerId speaker) {
  const auto found = gangs_.find(index);
  if (found == gangs_.end()) return;
  for (const WorkerId member : found->second.members) {
    if (member != speaker && workers_.Find(member)) effects_.Send(member, Superseded{lease});
  }
  gangs_.erase(found);
}

bool Scheduler::IsMember(WorkerId worker, JobIndex index) const {
  const auto found = gangs_.find(index);
  return found != gangs_.end() && found->second.Has(worker);
}

// Nothing runs, so all who are here are free, and yet jobs are ready: they are gangs that need more
// workers of one class than there are, and none may still come.
bool Scheduler::OnlyGangsTooLarge() const {
  const JobCounts counts = jobs_.Counts();
  return worker_seen_ && !AnyMayCome() && counts.ready > 0 && counts.running == 0;
}

}  // namespace unmask

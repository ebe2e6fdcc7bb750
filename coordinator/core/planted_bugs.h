// Bugs that the simulator must catch (tests/sim). They exist only where UNMASK_PLANTED_BUGS is
// defined, which only the simulator does: everywhere else Planted() is the constant false.
#pragma once

namespace unmask {

enum class PlantedBug {
  kNone,
  kAttemptCheckDropped,
  kOldEpochRecorded,
  kAcknowledgedBeforeCommit,
  kRequeuedWithoutNewAttempt,
  kLeasedTwice,
  kLateResultRecorded,
  kCrashCountForgotten,
  kCrashCountedForLostWorker,
  kYieldCountedAsCrash,
  kHeartbeatNeverExpires,
  kDependencyIgnored,
  kQuarantinedJobLeased,
  kWaitingLossCounted,
  kStartedLossSpared,
  kViewsIgnored,
  kViewsNotCalled,
  kViewDeathForgotten,
  kGangLeasedInPart,
  kGangGoesTooSoon,
  kGangOutlivesMember,
  kGangTroubleForgotten,
};

#ifdef UNMASK_PLANTED_BUGS
inline PlantedBug planted_bug = PlantedBug::kNone;
inline bool Planted(PlantedBug bug) { return planted_bug == bug; }
#else
constexpr bool Planted(PlantedBug) { return false; }
#endif

}  // namespace unmask

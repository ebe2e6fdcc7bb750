// From a job's meeting to a gang that speaks.
#include <string>
#include <utility>

#include "worker/gang/address.h"
#include "worker/gang/gang.h"

namespace unmask {
namespace {

// For one sum: longer than an agent's patience with a member that does not get on
// (worker/agent/progress.h), so that it is the slow one that is blamed.
constexpr std::chrono::minutes kSumLimit{15};

std::string Meet(GangMeeting& meeting, const std::string& address) {
  const std::optional<std::string> first = meeting.Meet(address);
  if (!first) throw GangDismissed();
  return *first;
}

}  // namespace

std::unique_ptr<Gang> MeetGang(GangMeeting& meeting, at::Device device) {
  GangPlace place;
  place.device = device;
  place.rank = meeting.member();
  place.size = meeting.size();
  place.address = meeting.one_host() ? "127.0.0.1" : OwnAddress();
  place.host = place.address;
  place.timeout = kSumLimit;
  place.waiting = [&meeting](bool waits) { meeting.SetWaiting(waits); };
  if (place.rank > 0) {
    const std::string first = Meet(meeting, "");
    const std::size_t colon = first.rfind(':');
    place.host = first.substr(0, colon);
    place.port = static_cast<std::uint16_t>(std::stoi(first.substr(colon + 1)));
  }
  return JoinGang(place, [&](std::uint16_t port) {
    Meet(meeting, place.address + ":" + std::to_string(port));
  });
}

}  // namespace unmask

#include "worker/gang/nccl.h"

#include <fmt/format.h>

#include <string>
#include <vector>

namespace unmask {
namespace {

// NCCL itself would wait for ever for a member that does not come.
void AwaitMembers(c10d::Store& store, const NcclPlace& place) {
  const auto key = [](int rank) { return fmt::format("member/{}", rank); };
  store.set(key(place.rank), std::vector<std::uint8_t>{1});
  std::vector<std::string> all;
  all.reserve(static_cast<std::size_t>(place.size));
  for (int rank = 0; rank < place.size; ++rank) all.push_back(key(rank));
  store.wait(all, place.timeout);
}

}  // namespace

c10::intrusive_ptr<c10d::Backend> MeetOverNccl(const c10::intrusive_ptr<c10d::Store>& store,
                                               const NcclPlace& place) {
  AwaitMembers(*store, place);
  return ConnectNccl(store, place);
}

}  // namespace unmask

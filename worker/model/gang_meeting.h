// How a job that several trainers train together (a gang) knows of the others, before and while
// they speak to one another. No libtorch: worker/gang does the talking.
#pragma once

#include <optional>
#include <stdexcept>
#include <string>

namespace unmask {

// A member is gone, or did not answer in time; the gang is of no more use.
struct GangLost : std::runtime_error {
  using std::runtime_error::runtime_error;
};

// The lease was given back, or is over, before all members had met.
struct GangDismissed : std::runtime_error {
  GangDismissed() : std::runtime_error("the gang was dismissed before it met") {}
};

// One member's. Meet() is called once; all on the job's own thread.
class GangMeeting {
 public:
  virtual ~GangMeeting() = default;
  virtual int member() const = 0;  // 0 speaks for all
  virtual int size() const = 0;
  virtual bool one_host() const = 0;
  // This member has loaded; member 0 listens at `address` ("HOST:PORT"; of others empty). Waits for
  // all, and returns where member 0 listens; nullopt: dismissed.
  virtual std::optional<std::string> Meet(const std::string& address) = 0;
  // From here on this member waits for others, or does so no longer.
  virtual void SetWaiting(bool waiting) = 0;
};

}  // namespace unmask

#include "worker/gang/address.h"

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>

#include <array>
#include <cstdlib>
#include <memory>
#include <stdexcept>

namespace unmask {
namespace {

// Empty: it has no IPv4 address.
std::string AddressOf(const ifaddrs& interface) {
  if (interface.ifa_addr == nullptr || interface.ifa_addr->sa_family != AF_INET) return "";
  const auto* address = reinterpret_cast<const sockaddr_in*>(interface.ifa_addr);
  std::array<char, INET_ADDRSTRLEN> text{};
  return inet_ntop(AF_INET, &address->sin_addr, text.data(), text.size()) != nullptr ? text.data()
                                                                                     : "";
}

}  // namespace

std::string OwnAddress() {
  ifaddrs* list = nullptr;
  if (getifaddrs(&list) != 0) throw std::runtime_error("the network interfaces cannot be listed");
  const std::unique_ptr<ifaddrs, void (*)(ifaddrs*)> owned(list, freeifaddrs);
  const char* set = std::getenv("GLOO_SOCKET_IFNAME");
  const std::string wanted = set != nullptr ? set : "";
  for (const ifaddrs* one = list; one != nullptr; one = one->ifa_next) {
    const std::string address = AddressOf(*one);
    const bool up = (one->ifa_flags & IFF_UP) != 0 && (one->ifa_flags & IFF_LOOPBACK) == 0;
    const bool fits = wanted.empty() ? up : wanted == one->ifa_name;
    if (!address.empty() && fits) return address;
  }
  throw std::runtime_error(wanted.empty()
                               ? "no network interface that other hosts reach"
                               : "GLOO_SOCKET_IFNAME names no interface with an IPv4 address");
}

}  // namespace unmask

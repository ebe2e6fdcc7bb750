// Where the other members of a gang reach this machine.
#pragma once

#include <string>

namespace unmask {

// An IPv4 address of the interface that GLOO_SOCKET_IFNAME names, else of the first one that is up
// and not the loopback. Throws std::runtime_error where there is none.
std::string OwnAddress();

}  // namespace unmask

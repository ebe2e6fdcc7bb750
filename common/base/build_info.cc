#include "common/base/build_info.h"

namespace unmask {

std::string BuildId() { return UNMASK_VERSION "-" UNMASK_SOURCES_HASH; }

}  // namespace unmask

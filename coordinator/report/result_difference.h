// Whether a job that was trained anew came to the bits that the store has of it.
#pragma once

#include <string>

#include "common/protocol/messages.h"

namespace unmask {

// What differs first, in a reader's order; empty where every bit is the same. Seconds, images
// forwarded and blobs are not compared: they tell how the training went, not what came of it.
std::string FirstDifference(const JobResult& stored, const JobResult& fresh);

}  // namespace unmask

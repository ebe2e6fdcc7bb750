// The few things about libtorch that the program around the engines must know.
#pragma once

#include <exception>
#include <string>

#include "common/protocol/messages.h"

namespace unmask {

std::string TorchVersion();

// To be called once on each thread that trains: no threads of libtorch's own beside it.
void PrepareTrainingThread();

// What an exception that left an engine says about the job.
FailureClass FailureOfException(const std::exception& exception);

}  // namespace unmask

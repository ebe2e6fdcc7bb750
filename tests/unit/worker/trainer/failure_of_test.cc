#include "worker/trainer/failure_of.h"

#include <gtest/gtest.h>

#include <new>
#include <stdexcept>

namespace unmask {
namespace {

TEST(FailureOf, WantOfMemoryIsKnownByItsWords) {
  for (const char* words :
       {"CUDA out of memory. Tried to allocate 2.00 GiB (GPU 0; 8.00 GiB total capacity)",
        "CUDA error: out of memory", "CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate`",
        "CUDNN_STATUS_ALLOC_FAILED",
        "DefaultCPUAllocator: can't allocate memory: you tried to allocate 1 bytes",
        "std::bad_alloc", "cannot read: Cannot allocate memory",
        "cannot load: unmask-faces.so: failed to map segment from shared object",
        "cannot load: unmask-video.so: cannot allocate memory for program header"}) {
    EXPECT_EQ(FailureOf(words), FailureClass::kOutOfMemory) << words;
    EXPECT_EQ(FailureOf(std::runtime_error(words)), FailureClass::kOutOfMemory) << words;
    EXPECT_EQ(FailureOf(InternalError(words)), FailureClass::kOutOfMemory) << words;
  }
  EXPECT_EQ(FailureOf(std::bad_array_new_length()), FailureClass::kOutOfMemory);
}

TEST(FailureOf, WhatElseADeviceDidIsToldApart) {
  EXPECT_EQ(FailureOf("CUDA error: an illegal memory access was encountered"), FailureClass::kCuda);
  EXPECT_EQ(FailureOf(InternalError("libtorch: CUDA error: device-side assert triggered")),
            FailureClass::kCuda);
}

TEST(FailureOf, TheRestIsThisWorkers) {
  EXPECT_EQ(FailureOf(""), FailureClass::kExit);
  EXPECT_EQ(FailureOf(std::runtime_error("broken")), FailureClass::kExit);
  EXPECT_EQ(FailureOf(InternalError("cannot load: no such file", "/bin/unmask-faces.so")),
            FailureClass::kExit);
}

TEST(FailureOf, DataAreTheJobsWhateverTheySay) {
  EXPECT_EQ(FailureOf(DataError("std::bad_alloc")), FailureClass::kBadInput);
  EXPECT_EQ(FailureOf(UsageError("CUDA error")), FailureClass::kBadInput);
}

}  // namespace
}  // namespace unmask

// What decides the bits of a float, pinned and named. Bits are only compared, and jobs only
// resumed, within one numerics class.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace unmask {

// kAmx: AVX-512, and tiles for products of bfloat16, which sum in another order.
enum class InstructionSet { kBaseline, kAvx2, kAvx512, kAmx };

struct Processor {
  std::string vendor;  // "GenuineIntel"
  int family = 0;
  std::string model;  // "AMD EPYC 9554 64-Core Processor"
};

// Of this machine, from the text of /proc/cpuinfo.
Processor ParseProcessor(std::string_view cpuinfo);

// The best that this machine has and the environment allows (ATEN_CPU_CAPABILITY, libtorch's own
// variable: a cluster of unequal machines can be put into one class with `avx512` or `avx2`).
InstructionSet PinnedInstructionSet();

// Variables that libtorch, MKL and oneDNN read when they are loaded: one thread, one code path.
std::vector<std::pair<std::string, std::string>> PinnedEnvironment(InstructionSet set,
                                                                   const Processor& processor);
// Sets them for this process; to be called before libtorch is loaded (worker/model/torch_module.h).
void PinEnvironment(InstructionSet set, const Processor& processor);

// "cpu/avx512|torch-2.11.0|reference-1|core-4", "cpu/avx512-amx|...". MKL lets itself be pinned on
// Intel's processors only; on others it chooses by vendor and family, so these are part of the
// class: "cpu/avx512-AuthenticAMD-26|...".
std::string NumericsClass(InstructionSet set, const Processor& processor,
                          std::string_view versions);
// "cuda/NVIDIA H200|torch-2.11.0|...".
std::string CudaNumericsClass(std::string_view gpu, std::string_view versions);

}  // namespace unmask

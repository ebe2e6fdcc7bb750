// Processes that never outlive what started them.
#pragma once

#include <sys/types.h>

#include <string>
#include <string_view>

namespace unmask {

// The kernel kills this process with SIGKILL when its parent dies. Called from the main thread at
// entry of every rank and trainer. `expected` is the parent that should be there (by default
// whoever it is now); where it is gone already this process ends at once. The signal fires when the
// parent's *thread* that spawned this process exits, so processes are spawned from threads that
// live as long as they do. Returns `expected`.
pid_t DieWithParent(pid_t expected = 0);

// Whether the parent is still `expected`: to be polled, since the kernel's signal is lost where the
// parent died before it was asked for.
bool ParentAlive(pid_t expected);

// Whether that process of this machine runs the same program as this one.
bool RunsThisProgram(pid_t pid);

// Ends with SIGKILL, after one line on stderr: the only end that fault-tolerant MPI reports to the
// other ranks at once.
[[noreturn]] void DieVisibly(std::string_view reason);

std::string HostName();

// Of the kernel: equal on two hosts only if they are one machine. Empty: it does not say.
std::string BootId();

// Of this boot and its containers who counts this process's id: only where two processes have the
// same is an id that one tells the other's. Empty: the kernel does not say.
std::string PidSpace();

// Cores that this process may use: its affinity and its control groups' quota, not what the machine
// has. At least 1.
int UsableCores();
// Of so many cores, as many as its control groups' quota lets it use.
int WithinQuota(int cores);

}  // namespace unmask

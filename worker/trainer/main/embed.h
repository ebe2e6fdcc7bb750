// `unmask-trainer embed`, which `unmask embed` becomes (cli/embed.cc).
#pragma once

namespace unmask {

// The program's exit code.
int EmbedMain(int argc, char** argv);

}  // namespace unmask

// The model folder that a study's settings ask for.
#pragma once

#include "common/config/settings.h"
#include "worker/backbone/backbone.h"

namespace unmask {

// OpenModelFolder with the settings' feature, precision and normalisation. A DataError too where
// the folder holds another kind of model than features.source, or pictures of no fixed size.
Result<ModelFolder> OpenModelFor(const Settings::Features& features, const fs::path& folder);

}  // namespace unmask

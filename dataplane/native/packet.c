#include "addon.h"
void packet_init(napi_env env, napi_value exports) { (void)env; (void)exports; }

#include "addon.h"
void sys_init(napi_env env, napi_value exports) { (void)env; (void)exports; }

#include "addon.h"
void bpf_init(napi_env env, napi_value exports) { (void)env; (void)exports; }

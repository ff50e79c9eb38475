/* fuzz_yaml.h - for targets that read YAML: what libfyaml 0.7.12 leaks is not ours to find. A quoted text
 * with more than five escapes in a row (`''''''''''''`) leaves 512 bytes and more behind, once for every such
 * text; a process reads a few files in its life, of 4 MB at most. */
#ifndef BUNDELWACHT_TESTS_FUZZ_YAML_H
#define BUNDELWACHT_TESTS_FUZZ_YAML_H

const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
    return "leak:libfyaml.so\n";
}

#endif

# bash completion for hastur(1)

_hastur() {
    local word=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]} root=() i
    for ((i = 1; i < COMP_CWORD; i++)); do
        [[ ${COMP_WORDS[i]} == -r || ${COMP_WORDS[i]} == --root ]] && root=(-r "${COMP_WORDS[i + 1]}")
    done
    case $previous in
        -r | --root | -x | --copy) mapfile -t COMPREPLY < <(compgen -d -- "$word") ;;
        -s | --storage) mapfile -t COMPREPLY < <(compgen -W "autodetect overlayfs tmpfs" -- "$word") ;;
        -t | --uplink | -b | --bridge) mapfile -t COMPREPLY < <(compgen -W "$(ls /sys/class/net)" -- "$word") ;;
        --os) mapfile -t COMPREPLY < <(compgen -W "debian ubuntu" -- "$word") ;;
        -p | --packages) mapfile -t COMPREPLY < <(apt-cache --no-generate pkgnames "$word" 2>/dev/null) ;;
        -D | -Q | -n | --name)
            mapfile -t COMPREPLY < <(compgen -W "$(hastur "${root[@]}" -Q 2>/dev/null | awk '{print $1}')" -- "$word")
            ;;
        -Di) mapfile -t COMPREPLY < <(compgen -W "$(hastur "${root[@]}" -Qi 2>/dev/null | awk '{print $1}')" -- "$word") ;;
        *)
            [[ $word == -* ]] && mapfile -t COMPREPLY < <(compgen -W "-S -Q -Qi -D -Di --free --help --version --root --quiet \
                --verbose --force --json --keep --keep-failed --storage --bridge --address --uplink --packages --name --copy \
                --setenv --os --mirror" -- "$word")
            ;;
    esac
}
complete -o default -F _hastur hastur

#!/usr/bin/env bash
# Check every include under src/ against src/layers.txt: a module includes only what its
# line names, internal headers stay in their folder, and third-party headers stay behind
# their walls. Prints each offence; exit status 1 if there is any.
set -eu
dirs=$(cd "${1:-$(dirname "$0")/..}" && echo src/*/)
set -f # a line of the table may be a star
cd "${1:-$(dirname "$0")/..}"
table=src/layers.txt
declare -A may wall
order=()
while IFS= read -r line; do
    case $line in
    '#'* | '') ;;
    wall*) header=${line#wall }; header=${header%%:*}; wall[$header]=" $(echo "${line#*:}") " ;;
    *) module=${line%%:*}; may[$module]=" $(echo "${line#*:}") "; order+=("$module") ;;
    esac
done <"$table"

bad=0
offence() { echo "$1"; bad=1; }

# The table itself: lowest first, so a line names only what stands above it.
seen=" "
for module in "${order[@]}"; do
    for dep in ${may[$module]}; do
        [ "$dep" = "*" ] || [[ $seen == *" $dep "* ]] || offence "$table: $module may use $dep, which stands below it"
    done
    seen+="$module "
done

for dir in $dirs; do
    module=$(basename "$dir")
    [ -n "${may[$module]+x}" ] || { offence "$dir is no module of $table"; continue; }
done

n=0
while IFS=: read -r file line text; do
    [[ $text =~ [\"\<]([^\"\>]*)[\"\>] ]] || continue
    header=${BASH_REMATCH[1]}
    rest=${file#src/}
    module=${rest%%/*}
    n=$((n + 1))
    if [ -n "${wall[$header]+x}" ]; then
        stem=${rest%.*}
        case "${wall[$header]}" in
        *" $module "*) ;;
        *) found=0
           for place in ${wall[$header]}; do [[ $stem == "$place"* ]] && found=1; done
           [ $found = 1 ] || offence "$file:$line: $header stands behind a wall: only${wall[$header]}may include it" ;;
        esac
        continue
    fi
    case $text in *'"'*) ;; *) continue ;; esac
    [[ $header != */* && -f ${file%/*}/$header && $module = sdk ]] && continue # as a user would
    other=${header%%/*}
    [ "$other" = winnow ] && continue # the installed API
    [ -n "${may[$other]+x}" ] || { offence "$file:$line: $header is not named from src/"; continue; }
    [ "$other" = "$module" ] && continue
    [[ ${may[$module]} == *" $other "* || ${may[$module]} == *" * "* ]] ||
        offence "$file:$line: $module may not use $other ($table)"
    [[ $header == *_internal.h ]] && offence "$file:$line: $header is internal to $other"
done < <(grep -rnE '^[ ]*#[ ]*include' src --include='*.c' --include='*.h')

[ $n -gt 100 ] || offence "only $n includes were found: this check is broken"
[ $bad = 0 ] && echo "layers: $n includes of ${#order[@]} modules are as $table says"
exit $bad

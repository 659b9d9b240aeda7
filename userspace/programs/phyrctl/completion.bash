# SPDX-License-Identifier: GPL-2.0-only
# Completion of phyrctl in bash. What the daemon knows it is asked for.

_phyrctl_ask()
{
	phyrctl "${_phyrctl_server[@]}" "$@" 2>/dev/null
}

# a/<b|c>/d -> a/b/d a/c/d, for every <...> of its arguments
_phyrctl_expand()
{
	local pattern before choices after choice

	for pattern; do
		if [[ $pattern != *'<'*'>'* ]]; then
			printf '%s\n' "$pattern"
			continue
		fi
		before=${pattern%%'<'*}
		choices=${pattern#*'<'}
		after=${choices#*'>'}
		choices=${choices%%'>'*}
		case $choices in
		backing)
			choices='base|mthp-64K|thp-pte|thp|hugetlb-2M|hugetlb-1G'
			choices+='|frag-8K|frag-16K|frag-64K|frag-256K'
			;;
		size) choices='4KiB|64KiB|2MiB|64MiB|1GiB' ;;
		esac
		while IFS= read -r -d '|' choice; do
			_phyrctl_expand "$before$choice$after"
		done <<<"$choices|"
	done
}

_phyrctl_workloads()
{
	local pattern rest

	_phyrctl_ask system | while read -r pattern rest; do
		[[ $pattern == */'<backing>'/'<size>' ]] && _phyrctl_expand "$pattern"
	done
}

# Each device, each of its ports, each GID of those.
_phyrctl_devices()
{
	local line device

	_phyrctl_ask system | while read -r line; do
		[[ $line =~ ^RDMA\ (device|GID)\ +([^,]+)(,.*) ]] || continue
		device=${BASH_REMATCH[2]} line=${BASH_REMATCH[3]}
		echo "$device"
		while [[ $line =~ ,\ port\ ([0-9]+)(.*) ]]; do
			echo "$device:${BASH_REMATCH[1]}"
			line=${BASH_REMATCH[2]}
		done
	done
}

_phyrctl_runs()
{
	_phyrctl_ask ls | while read -r id _; do
		[[ $id == [0-9]* ]] && echo "$id"
	done
}

# The words up to the cursor into the caller's words: bash splits http://a:1 at each ":", here it is one.
_phyrctl_glue()
{
	local line=$COMP_LINE i

	for ((i = 0; i <= COMP_CWORD; i++)); do
		if ((i)) && [[ $line != [[:space:]]* ]]; then
			words[-1]+=${COMP_WORDS[i]}
		else
			words+=("${COMP_WORDS[i]}")
		fi
		line=${line#"${line%%[![:space:]]*}"}
		line=${line#"${COMP_WORDS[i]}"}
	done
}

# compgen with these arguments. Only what stands behind the last ":" or "=" of the word is replaced.
_phyrctl_offer()
{
	local word=$1

	shift
	mapfile -t COMPREPLY < <(compgen "$@" -- "$word")
	COMPREPLY=("${COMPREPLY[@]#"${word%"${word##*[:=]}"}"}")
}

_phyrctl_files()
{
	_phyrctl_offer "$1" -f
	compopt -o filenames
}

_phyrctl()
{
	local words=()
	_phyrctl_glue
	local word=${words[-1]} previous=${words[-2]}
	local commands='run wait cancel delete ls show compare export import system help'
	local choices='' options='--json --server --token-file --version --help' command='' i
	local _phyrctl_server=()

	for ((i = 1; i < ${#words[@]} - 1; i++)); do
		case ${words[i]} in
		--server | --token-file)
			_phyrctl_server+=("${words[i]}" "${words[i + 1]}")
			((i++))
			;;
		--server=* | --token-file=*) _phyrctl_server+=("${words[i]}") ;;
		--*) ;;
		*)
			[[ $command ]] || command=${words[i]}
			;;
		esac
	done

	case $previous in
	--token-file | --output | --file)
		_phyrctl_files "$word"
		return
		;;
	--device)
		_phyrctl_offer "$word" -W "$(_phyrctl_devices)"
		return
		;;
	--server | --name | --samples | --warmup | --limit | --before | --search)
		COMPREPLY=()
		return
		;;
	esac

	case $command in
	'') choices=$commands ;;
	run)
		options+=' --file --name --samples --warmup --device --detach'
		[[ $word == -* ]] || choices=$(_phyrctl_workloads)
		;;
	ls) options+=' --limit --before --search' ;;
	show | wait | cancel | delete) choices=$(_phyrctl_runs) ;;
	compare)
		options+=' --markdown'
		choices=$(_phyrctl_runs)
		;;
	help) choices=$commands ;;
	export)
		options+=' --csv --output'
		choices=$(_phyrctl_runs)
		;;
	import)
		options+=' --name'
		if [[ $word != -* ]]; then
			_phyrctl_files "$word"
			return
		fi
		;;
	esac
	_phyrctl_offer "$word" -W "$choices $options"
}

complete -F _phyrctl phyrctl
